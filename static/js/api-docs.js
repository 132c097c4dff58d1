// The vendored Swagger UI on the API's own description.

import { lang } from "./i18n.js";

const prefersDark = matchMedia("(prefers-color-scheme: dark)");
/** Swagger UI has a dark dress of its own, behind a class. */
function dress() {
  const { theme } = document.documentElement.dataset;
  document.documentElement.classList.toggle("dark-mode", theme === "dark" || (theme === "auto" && prefersDark.matches));
}
dress();
prefersDark.addEventListener("change", dress);
new MutationObserver(dress).observe(document.documentElement, { attributeFilter: ["data-theme"] });

window.SwaggerUIBundle({
  url: "/api/v1/openapi.json",
  dom_id: "#swagger",
  deepLinking: true,
  // Its own validator badge would ask another host.
  validatorUrl: null,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  persistAuthorization: false,
  requestInterceptor: (request) => Object.assign(request, { headers: { ...request.headers, "Accept-Language": lang } }),
  presets: [window.SwaggerUIBundle.presets.apis],
});
