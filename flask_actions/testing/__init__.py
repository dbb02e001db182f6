"""A test client that fills in the forms of a page, as a person with a browser does.

::

    @pytest.fixture
    def client(app):
        return ActionsClient(app)

    def test_a_post_has_a_title(client):
        page = client.get("/posts/new").form("createPost").fill(title="").submit()
        page.assert_invalid("title")
"""

from .filling import File
from .pages import ActionsClient, Form, Page

__all__ = ["ActionsClient", "File", "Form", "Page"]
