/* What the forms of a page need beside htmx, 2 or 4: the CSRF token, an end to old refusals, no
   second post of a double click, rows that come and go, the fields of the chosen model alone, and a
   summary that is seen. */
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

  // A form that is on its way is not sent once more, by a double click or a second Enter: the work
  // would be done twice, and only the second result seen. Another button, or other text, is meant.
  const script = document.currentScript?.src; // none in a module
  const home = script ? new URL("../", script).pathname : "/_actions/";
  const ownTime = 5000; // ms: where the answer is a download, the page stays, and may ask again
  const underWay = new Map();
  const sendOnce = (event) => {
    const { target: form, submitter } = event;
    const said = (name) => submitter?.getAttribute("form" + name) ?? form.getAttribute(name) ?? "";
    const url = new URL(said("action") || location.href, document.baseURI);
    const toAction = url.pathname.startsWith(home) || url.searchParams.has("_action");
    const elsewhere = !["", "_self"].includes(said("target"));
    if (event.defaultPrevented || !/^post$/i.test(said("method")) || !toAction || elsewhere) return;
    // Without the button's own field: that of an image is where the pointer was.
    const fields = [...new FormData(form)].map(([name, value]) =>
      value instanceof File ? [name, value.name, value.size, value.lastModified] : [name, value],
    );
    const content = JSON.stringify([url, submitter?.value, fields]);
    const before = underWay.get(form);
    const same = before?.submitter === submitter && before.content === content;
    if (same && event.timeStamp - before.at < ownTime) event.preventDefault();
    else underWay.set(form, { submitter, content, at: event.timeStamp });
  };

  // The rows of a list: the template beside them is one more.
  const add = (button) => {
    const list = button.closest("fieldset");
    const rows = list.querySelector("[data-actions-rows]");
    const blank = list.querySelector(":scope > template");
    // No position is used twice, nor one that came back from the server.
    const start = rows.dataset.actionsRows.length + 1;
    const names = Array.from(rows.querySelectorAll("[name]"), ({ name }) => name);
    const used = names.map((name) => parseInt(name.slice(start), 10) || 0);
    const next = rows.dataset.next ?? Math.max(999 + rows.children.length, ...used) + 1;
    rows.dataset.next = Number(next) + 1;
    // The first mark of each name alone: lists within this one have their own.
    const html = blank.innerHTML.replace(/(["\s])([^"\s]*?)__row__/g, `$1$2${next}`);
    rows.insertAdjacentHTML("beforeend", html);
    prepare(rows.lastElementChild);
    rows.lastElementChild.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  };
  const remove = (button) => {
    const list = button.closest("[data-actions-rows]");
    button.closest(".actions-row").remove();
    list.closest("fieldset").querySelector("[data-actions-add]")?.focus();
  };

  // Of several models, the chosen one's fields alone are seen and sent; it may hold another choice.
  const choose = (union) => {
    const tag = document.getElementById(union.dataset.actionsUnion)?.value;
    for (const variant of union.querySelectorAll(":scope > [data-actions-variant]")) {
      variant.hidden = variant.dataset.actionsVariant !== tag;
      for (const one of variant.querySelectorAll("input, select, textarea")) {
        one.disabled = one.closest("[data-actions-variant][hidden]") !== null;
      }
    }
  };

  const prepare = (part) => {
    for (const one of part.querySelectorAll("[data-actions-add], [data-actions-remove]")) {
      one.hidden = false;
    }
    part.querySelectorAll("[data-actions-union]").forEach(choose);
  };

  // After a swap the browser takes no notice of autofocus, and the title is that of before.
  let prefix = "";
  const tell = () => {
    prepare(document);
    const summaries = [...document.querySelectorAll(".actions-summary")];
    if (prefix && document.title.startsWith(prefix)) {
      document.title = document.title.slice(prefix.length);
    }
    const said = summaries[0]?.dataset.actionsTitle;
    prefix = said ? `${said}: ` : "";
    if (!document.title.startsWith(prefix)) document.title = prefix + document.title;
    const fresh = summaries.filter((one) => !one.dataset.actionsSeen);
    for (const one of fresh) one.dataset.actionsSeen = "yes";
    fresh[0]?.focus();
  };

  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-actions-add], [data-actions-remove]");
    if (button) (button.matches("[data-actions-add]") ? add : remove)(button);
  });
  document.addEventListener("change", ({ target }) => {
    const union = target.closest?.("[data-actions-union]");
    if (union?.dataset.actionsUnion === target.id) choose(union);
  });
  // Last of all: what htmx or a script of the page sends in the form's place is theirs.
  window.addEventListener("submit", sendOnce);
  const forget = () => underWay.clear();
  window.addEventListener("pageshow", forget); // gone back to
  window.addEventListener("keydown", ({ key }) => key === "Escape" && forget()); // stopped
  document.addEventListener("DOMContentLoaded", tell);
  document.addEventListener("htmx:afterSettle", tell);
  document.addEventListener("htmx:after:swap", tell);

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
