"use strict";
// Everything comes from this service: no validator, no fonts, no other origin. A token that somebody enters
// is forgotten when the page is closed.

// The page would write defaults into optional fields, and make up texts for those of forms: one click would
// then send, and for a version spend, what nobody has chosen. It is shown a description by which they start
// empty.
function withoutProposals(answer) {
  const description = JSON.parse(answer.text);
  for (const methods of Object.values(description.paths)) {
    for (const operation of Object.values(methods)) {
      for (const parameter of operation.parameters) {
        if (!parameter.required) delete parameter.schema.default;
      }
      const form = operation.requestBody?.content["multipart/form-data"]?.schema;
      for (const [name, field] of Object.entries(form?.properties ?? {})) {
        if (!form.required.includes(name)) field.default = "";
      }
    }
  }
  answer.text = JSON.stringify(description);
  return answer;
}

// A field of a form that was left empty is left out: `tag=` would name a tag without a name.
function withoutEmptyFields(request) {
  if (!(request.body instanceof FormData)) return;
  for (const [name, value] of [...request.body]) {
    if (value === "") request.body.delete(name);
  }
}

window.addEventListener("load", () => {
  window.ui = SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#page",
    deepLinking: true,
    docExpansion: "list",
    displayOperationId: true,
    displayRequestDuration: true,
    filter: true,
    persistAuthorization: false,
    validatorUrl: null,
    requestInterceptor: (request) => {
      if (request.loadSpec) request.responseInterceptor = withoutProposals;
      else withoutEmptyFields(request);
      return request;
    },
    presets: [SwaggerUIBundle.presets.apis],
  });
});
