/* What the forms of a page need beside htmx, 2 or 4: the CSRF token, and an end to old refusals. */
(() => {
  const unsafe = /^(post|put|patch|delete)$/i;
  const tokenInPage = /<meta name="csrf-token" content="([^"]+)"/;

  const tokenOfPage = () => document.querySelector('meta[name="csrf-token"]');
  const isOurs = (url) => new URL(url, document.baseURI).origin === location.origin;

  const sign = (headers, method, url) => {
    const token = tokenOfPage();
    if (!token || !unsafe.test(method || "") || !isOurs(url)) return;
    if (!headers[token.dataset.header]) headers[token.dataset.header] = token.content;
  };

  // htmx swaps the body and leaves the head, whose token is void once a login began a new session.
  const renew = (url, html) => {
    const token = tokenOfPage();
    const fresh = isOurs(url) && tokenInPage.exec(html);
    if (token && fresh) token.content = fresh[1];
  };

  // A refusal stands before what sent the request, until it is sent again.
  const tidy = ({ target }) => {
    const refusal = target.previousElementSibling;
    if (refusal && refusal.matches(".actions-error")) refusal.remove();
  };

  // htmx 2: the request lies open in the event.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    sign(detail.headers, detail.verb, detail.path);
  });
  document.addEventListener("htmx:beforeSwap", ({ detail }) => {
    renew(detail.xhr.responseURL, detail.xhr.responseText);
  });
  document.addEventListener("htmx:beforeRequest", tidy);

  // htmx 4: it lies in the event's context.
  document.addEventListener("htmx:config:request", ({ detail }) => {
    const { request } = detail.ctx;
    sign(request.headers, request.method, request.action);
  });
  document.addEventListener("htmx:after:request", ({ detail }) => {
    renew(detail.ctx.response.raw.url, detail.ctx.text);
  });
  document.addEventListener("htmx:before:request", tidy);
})();
