// The vendored Swagger UI on the API's own description.

import { lang } from "./i18n.js";

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
