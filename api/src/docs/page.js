// Shows /openapi.json as a page on which every call can be tried. Builds the page from nodes and
// text only: nothing that a server or a user says is ever read as markup.
"use strict";

const node = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
};

const resolve = (api, schema) =>
  schema?.$ref ? schema.$ref.slice(2).split("/").reduce((at, key) => at[key], api) : schema;

const typeOf = (schema) => {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.oneOf) return schema.oneOf.map(typeOf).join(" or ");
  const types = [].concat(schema.type ?? []).filter((type) => type !== "null");
  return schema.items ? `list of ${typeOf(schema.items)}` : types.join(" or ");
};

const fieldsOf = (api, schema) => {
  const fields = Object.entries(resolve(api, schema)?.properties ?? {});
  if (!fields.length) return null;
  return node("table", {}, ...fields.map(([name, field]) =>
    node("tr", {},
      node("td", {}, node("code", { textContent: name })),
      node("td", { textContent: typeOf(field) }),
      node("td", {}, node("small", { textContent: field.description ?? "" })))));
};

const show = async (response, output) => {
  const headers = ["content-type", "location", "retry-after", "x-request-id"]
    .filter((name) => response.headers.has(name))
    .map((name) => `${name}: ${response.headers.get(name)}`);
  output.textContent = [`${response.status} ${response.statusText}`, ...headers, "", ""].join("\n");
  if (!response.body) return;
  if (/json$/.test((response.headers.get("content-type") ?? "").split(";")[0]) &&
      !response.headers.get("content-type").includes("ndjson")) {
    const text = await response.text();
    try { output.textContent += JSON.stringify(JSON.parse(text), null, 2); }
    catch { output.textContent += text; }
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    output.append(part.value);
  }
};

const call = (api, path, method, operation) => {
  const inputs = new Map();
  const parameters = (operation.parameters ?? []).map((parameter) => {
    const input = node("input", {
      required: parameter.in === "path",
      placeholder: parameter.example ?? parameter.schema?.example ?? "",
    });
    inputs.set(parameter, input);
    return node("label", {}, `${parameter.name} (${parameter.in})`, input,
      node("small", { textContent: parameter.description ?? "" }));
  });
  const schema = operation.requestBody?.content?.["application/json"]?.schema;
  const example = resolve(api, schema)?.example ?? {};
  const body = schema && node("textarea", { value: JSON.stringify(example, null, 2) });
  const output = node("pre", { hidden: true });
  let running = null;
  const send = async (event) => {
    event.preventDefault();
    running?.abort();
    running = new AbortController();
    output.hidden = false;
    output.textContent = "…";
    const query = new URLSearchParams();
    const headers = {};
    let target = path;
    for (const [parameter, input] of inputs) {
      if (!input.value) continue;
      if (parameter.in === "path") {
        target = target.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      } else if (parameter.in === "query") query.set(parameter.name, input.value);
      else headers[parameter.name] = input.value;
    }
    if (body) headers["content-type"] = "application/json";
    // Kept in the field and nowhere else: it is gone with the page.
    const token = document.getElementById("token").value.trim();
    if (token && operation.security) headers.authorization = `Bearer ${token}`;
    if (query.size) target += `?${query}`;
    try {
      const options = { method: method.toUpperCase(), headers, signal: running.signal };
      await show(await fetch(target, body ? { ...options, body: body.value } : options), output);
    } catch (error) {
      if (error.name !== "AbortError") output.append(`${error}`);
    }
  };
  const stop = node("button", { type: "button", textContent: "Stop" });
  stop.addEventListener("click", () => running?.abort());
  const form = node("form", {}, ...parameters,
    body && node("label", {}, "body", body), schema && fieldsOf(api, schema),
    node("button", { textContent: "Send" }), " ", stop);
  form.addEventListener("submit", send);
  const answers = Object.entries(operation.responses).map(([status, response]) =>
    node("tr", {}, node("td", { textContent: status }),
      node("td", { textContent: response.description })));
  return node("details", {},
    node("summary", {},
      node("span", { className: `method ${method}`, textContent: method.toUpperCase() }),
      node("code", { textContent: path }), ` ${operation.summary ?? ""}`,
      operation["x-scope"] && node("small", { textContent: ` ${operation["x-scope"]}` })),
    node("p", { textContent: operation.description ?? "" }),
    form, output, node("table", {}, ...answers));
};

const main = async () => {
  const api = await (await fetch("/openapi.json")).json();
  document.title = `${api.info.title} API`;
  document.getElementById("title").textContent = `${api.info.title} ${api.info.version}`;
  document.getElementById("description").textContent = api.info.description ?? "";
  const calls = document.getElementById("calls");
  for (const tag of api.tags ?? []) {
    calls.append(node("h2", { textContent: tag.name }));
    for (const [path, item] of Object.entries(api.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        if (operation.tags?.includes(tag.name)) calls.append(call(api, path, method, operation));
      }
    }
  }
};

main().catch((error) => document.getElementById("calls").append(`${error}`));
