// Starts the viewer of the OpenAPI document. What is tried out there carries the page's CSRF token.
"use strict";

(() => {
  const place = document.getElementById("actions-openapi");
  const meta = document.querySelector('meta[name="csrf-token"]');

  SwaggerUIBundle({
    domNode: place,
    url: place.dataset.url,
    deepLinking: true,
    docExpansion: "list",
    tagsSorter: "alpha",
    validatorUrl: null, // no other site hears of the document
    requestInterceptor: (request) => {
      const here = new URL(request.url, location.href).origin === location.origin;
      if (meta && here && request.method === "POST") {
        request.headers[meta.dataset.header] ??= meta.content;
      }
      return request;
    },
  });
})();
