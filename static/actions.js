/* The actions of this site: const { data, error } = await actions.blog.comment({ text: "Hello" });
   The input is an object, a FormData or a form element; dates, sets, maps and big integers too. */

const base = new URL(".", import.meta.url);
const RICH = "application/json+devalue";
const CODES = {
  400: "BAD_REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND",
  408: "REQUEST_TIMEOUT", 413: "CONTENT_TOO_LARGE", 429: "TOO_MANY_REQUESTS",
  499: "CLIENT_CLOSED_REQUEST", 502: "BAD_GATEWAY", 503: "SERVICE_UNAVAILABLE",
  504: "GATEWAY_TIMEOUT",
};

/** What went wrong: `code`, `status`, `message`; status 0 where no answer came. */
export class ActionError extends Error {
  type = "ActionError";

  constructor({ code, status, message, reference }) {
    super(message || code);
    Object.assign(this, { code, status, reference });
  }
}

/** What is wrong with the input: `issues`, and messages by dotted path in `fields`. */
export class ActionInputError extends ActionError {
  type = "ActionInputError";

  constructor(said) {
    super({ code: "BAD_REQUEST", status: 400, ...said });
    this.issues = said.issues ?? [];
    this.fields = {};
    for (const { path = [], message } of this.issues) {
      if (path.length) (this.fields[path.join(".")] ??= []).push(message);
    }
  }
}

export const isActionError = (value) => value instanceof ActionError;
export const isInputError = (value) => value instanceof ActionInputError;

/* A call gives { data, error, redirect }, its .orThrow the data. Options: signal, headers, timeout
   (ms), keepalive, onProgress (of an upload, 0 to 1), follow (go where the action redirects to). */
const named = (path) =>
  new Proxy(() => {}, {
    get(_, key) {
      if (typeof key === "symbol" || key === "then") return undefined;
      const name = path.join(".");
      if (path.length && key === "url") return urlOf(name).pathname;
      if (path.length && key === "queryString") return `?_action=${encodeURIComponent(name)}`;
      if (path.length && key === "orThrow") {
        return async (input, options) => {
          const { data, error } = await call(name, input, options);
          if (error) throw error;
          return data;
        };
      }
      return named([...path, key]);
    },
    apply: (_, __, [input, options]) => call(path.join("."), input, options),
  });

export const actions = named([]);

const urlOf = (name) => new URL(encodeURIComponent(name), base);

const call = async (name, input, options = {}) => {
  let answer;
  try {
    answer = await send(urlOf(name), input, options);
  } catch (problem) {
    if (problem.cause === "input") throw problem;
    return { error: lost(problem, options) };
  }
  const result = read(answer);
  if (answer.redirect) {
    result.redirect = answer.redirect;
    if (options.follow) location.assign(answer.redirect);
  }
  return result;
};

const lost = (problem, { signal }) => {
  const late = problem?.name === "TimeoutError";
  const given = problem?.name === "AbortError" || signal?.aborted;
  const [status, message] = late
    ? [408, "The answer took too long."]
    : given
      ? [499, "The call was given up."]
      : [0, "The server could not be reached."];
  return new ActionError({ code: CODES[status || 503], status, message });
};

const send = async (url, input, { signal, headers, timeout, keepalive, onProgress }) => {
  const [body, type] = bodyOf(input);
  const all = new Headers({ Accept: RICH, ...(type && { "Content-Type": type }), ...tokens() });
  new Headers(headers).forEach((value, key) => all.set(key, value));
  const signals = [signal, timeout && AbortSignal.timeout(timeout)].filter(Boolean);
  const stop = signals.length ? AbortSignal.any(signals) : undefined;
  if (onProgress) return upload(url, body, all, stop, onProgress);
  const response = await fetch(url, {
    method: "POST", body, headers: all, keepalive, signal: stop, credentials: "same-origin",
  });
  return {
    status: response.status,
    type: response.headers.get("Content-Type") ?? "",
    redirect: response.headers.get("Action-Redirect"),
    text: await response.text(),
  };
};

/* fetch tells nothing of what was sent so far. */
const upload = (url, body, headers, stop, onProgress) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    headers.forEach((value, key) => request.setRequestHeader(key, value));
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onload = () =>
      resolve({
        status: request.status,
        type: request.getResponseHeader("Content-Type") ?? "",
        redirect: request.getResponseHeader("Action-Redirect"),
        text: request.responseText,
      });
    request.onerror = () => reject(new TypeError("No answer came."));
    request.onabort = () => reject(stop.reason);
    stop?.addEventListener("abort", () => request.abort());
    if (stop?.aborted) reject(stop.reason);
    else request.send(body ?? null);
  });

const read = ({ status, type, text }) => {
  if (status === 204) return {};
  const ours = type.startsWith("application/json");
  try {
    if (ours && status < 300) {
      return { data: type.startsWith(RICH) ? parse(text) : JSON.parse(text).data };
    }
    if (ours) {
      const said = JSON.parse(text);
      const own = said.error ?? said;
      if (own.issues) return { error: new ActionInputError(own) };
      if (own.code) return { error: new ActionError(own) };
    }
  } catch {
    // Not ours after all.
  }
  // A proxy's page, a redirect's: its status is all that is known.
  const code = CODES[status] ?? "INTERNAL_SERVER_ERROR";
  const message = `The server answered with status ${status}.`;
  return { error: new ActionError({ code, status, message }) };
};

const tokens = () => {
  const meta = document.querySelector('meta[name="csrf-token"]');
  if (meta) return { [meta.dataset.header ?? "X-CSRFToken"]: meta.content };
  const field = document.querySelector('input[name="csrf_token"]');
  return field ? { "X-CSRFToken": field.value } : {};
};

const bodyOf = (input) => {
  if (input === undefined) return [undefined, undefined];
  if (input instanceof HTMLFormElement) return [new FormData(input), undefined];
  if (input instanceof FormData || input instanceof URLSearchParams) return [input, undefined];
  return isRich(input) ? [stringify(input), RICH] : [JSON.stringify(input), "application/json"];
};

/* Whether JSON would lose something of a value. */
const isRich = (value, seen = new Set()) => {
  if (typeof value === "number") return !Number.isFinite(value) || Object.is(value, -0);
  if (typeof value === "bigint") return true;
  if (typeof value !== "object" || value === null) return false;
  const kind = Object.getPrototypeOf(value);
  if (kind !== Object.prototype && kind !== Array.prototype && kind !== null) return true;
  if (seen.has(value)) return true;
  seen.add(value);
  return Object.values(value).some((one) => isRich(one, seen));
};

/* --- the text format of devalue 5: a list of values that refer to each other by position */

const SPECIAL = [undefined, undefined, NaN, Infinity, -Infinity, -0]; // -1 to -6

const parse = (text) => {
  const values = JSON.parse(text);
  const made = [];
  const at = (index) => {
    if (index < 0) return SPECIAL[-index - 1];
    if (index in made) return made[index];
    const value = values[index];
    if (typeof value !== "object" || value === null) return (made[index] = value);
    if (!Array.isArray(value)) {
      const object = (made[index] = {});
      for (const [key, one] of Object.entries(value)) put(object, key, at(one));
      return object;
    }
    if (typeof value[0] === "string") return special(index, value, at, made);
    const list = (made[index] = new Array(value.length));
    value.forEach((one, position) => {
      if (one !== -2) list[position] = at(one);
    });
    return list;
  };
  return typeof values === "number" ? at(values) : at(0);
};

const put = (object, key, value) => {
  if (key === "__proto__") throw new TypeError("An object cannot have that key.");
  object[key] = value;
};

const special = (index, [kind, ...parts], at, made) => {
  const keep = (value) => (made[index] = value);
  switch (kind) {
    case "Date":
      return keep(new Date(parts[0]));
    case "BigInt":
      return keep(BigInt(parts[0]));
    case "RegExp":
      return keep(new RegExp(parts[0], parts[1]));
    case "URL":
      return keep(new URL(typeof parts[0] === "number" ? at(parts[0]) : parts[0]));
    case "Object":
      return keep(Object(typeof parts[0] === "number" ? at(parts[0]) : parts[0]));
    case "Set": {
      const set = keep(new Set());
      parts.forEach((one) => set.add(at(one)));
      return set;
    }
    case "Map": {
      const map = keep(new Map());
      for (let i = 0; i < parts.length; i += 2) map.set(at(parts[i]), at(parts[i + 1]));
      return map;
    }
    case "null": {
      const object = keep(Object.create(null));
      for (let i = 0; i < parts.length; i += 2) put(object, parts[i], at(parts[i + 1]));
      return object;
    }
    case "ArrayBuffer":
      return keep(bytes(parts[0]).buffer);
    default:
      return keep(view(kind, parts, at));
  }
};

const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

const view = (kind, [from, ...range], at) => {
  const Kind = /^(\w+Array|DataView)$/.test(kind) && globalThis[kind];
  if (!Kind) throw new TypeError(`${kind} is not known here.`);
  return new Kind(typeof from === "number" ? at(from) : bytes(from).buffer, ...range);
};

const stringify = (root) => {
  const lines = [];
  const known = new Map();
  const refer = (value) => {
    if (value === undefined) return -1;
    if (Number.isNaN(value)) return -3;
    if (value === Infinity) return -4;
    if (value === -Infinity) return -5;
    if (Object.is(value, -0)) return -6;
    if (known.has(value)) return known.get(value);
    const index = lines.length;
    known.set(value, index);
    lines.push("");
    lines[index] = JSON.stringify(flat(value));
    return index;
  };
  const flat = (value) => {
    if (typeof value === "bigint") return ["BigInt", `${value}`];
    if (typeof value !== "object" || value === null) return value;
    if (value instanceof Date) return ["Date", value.toISOString()];
    if (value instanceof URL) return ["URL", value.href];
    if (value instanceof RegExp) return ["RegExp", value.source, value.flags];
    if (value instanceof Set) return ["Set", ...Array.from(value, refer)];
    if (value instanceof Map) return ["Map", ...[...value].flat().map(refer)];
    if (Array.isArray(value)) return Array.from(value, refer);
    const kind = Object.getPrototypeOf(value);
    if (kind !== Object.prototype && kind !== null) {
      const name = kind?.constructor?.name;
      throw new TypeError(`A ${name} cannot be sent: use a FormData.`, { cause: "input" });
    }
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, refer(one)]));
  };
  const first = refer(root);
  return first < 0 ? `${first}` : `[${lines.join(",")}]`;
};
