/* Sends the CSRF token with htmx requests whose form brings none. For htmx 2 and 4. */
(() => {
  const unsafe = /^(post|put|patch|delete)$/i;

  const sameSite = (url) => new URL(url, document.baseURI).origin === location.origin;

  const sign = (headers, method, url) => {
    const meta = document.querySelector('meta[name="csrf-token"]');
    if (!meta || !unsafe.test(method || "") || !sameSite(url)) return;
    if (!headers[meta.dataset.header]) headers[meta.dataset.header] = meta.content;
  };

  // htmx 2: the request lies open in the event.
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    sign(detail.headers, detail.verb, detail.path);
  });
  // htmx 4: it lies in the event's context.
  document.addEventListener("htmx:config:request", ({ detail }) => {
    const { request } = detail.ctx;
    sign(request.headers, request.method, request.action);
  });
})();
