/* The actions of this site: const { data, error } = await actions.blog.comment({ text: "Hello" });
   The input is an object (with dates, sets, maps, big integers), a FormData or a form element. */

const base = new URL(".", import.meta.url);
const RICH = "application/json+devalue";
const CODES = {
  400: "BAD_REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND",
  408: "REQUEST_TIMEOUT", 413: "CONTENT_TOO_LARGE", 429: "TOO_MANY_REQUESTS",
  499: "CLIENT_CLOSED_REQUEST", 500: "INTERNAL_SERVER_ERROR", 502: "BAD_GATEWAY",
  503: "SERVICE_UNAVAILABLE", 504: "GATEWAY_TIMEOUT",
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
  fields = { __proto__: null }; // or "constructor" is there already

  constructor(said) {
    super({ code: "BAD_REQUEST", status: 400, message: said.issues[0]?.message, ...said });
    this.issues = said.issues;
    for (const { path, message } of this.issues) {
      if (path?.length) (this.fields[path.join(".")] ??= []).push(message);
    }
  }
}

export const isActionError = (value) => value instanceof ActionError;
export const isInputError = (value) => value instanceof ActionInputError;

/* A call gives { data, error, redirect }, .orThrow the data. Options: signal, headers, timeout
   (ms), keepalive, submitter (of a form), onProgress (of an upload, 0 to 1), follow (go to the
   redirect). */
const named = (path) => {
  const name = path.join(".");
  return new Proxy(() => {}, {
    get(_, key) {
      const query = `?_action=${encodeURIComponent(name)}`;
      if (key === Symbol.toPrimitive) return () => query;
      if (typeof key === "symbol" || key === "then") return; // it is no promise
      if (name && key === "url") return urlOf(name).pathname;
      if (name && key === "queryString") return query;
      if (name && /^to(String|JSON)$/.test(key)) return () => query;
      if (name && key === "orThrow") {
        return async (...given) => {
          const { data, error } = await call(name, ...given);
          if (error) throw error;
          return data;
        };
      }
      return named([...path, key]);
    },
    apply: (_, __, given) => call(name, ...given),
  });
};

export const actions = named([]);

const urlOf = (name) => new URL(encodeURIComponent(name), base);

/** A call by name. */
export const call = async (name, input, options = {}) => {
  const request = requestOf(input, options);
  let answer;
  try {
    answer = await (options.onProgress ? upload : send)(urlOf(name), request, options.onProgress);
  } catch (problem) {
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
  const [status, message] =
    problem?.name === "TimeoutError"
      ? [408, "The answer took too long."]
      : problem?.name === "AbortError" || signal?.aborted
        ? [499, "The call was given up."]
        : [0, "The server could not be reached."];
  return new ActionError({ code: CODES[status || 503], status, message });
};

const requestOf = (input, { signal, headers, timeout, keepalive, submitter }) => {
  const [body, type] = bodyOf(input, submitter);
  const all = new Headers({ Accept: RICH, ...(type && { "Content-Type": type }), ...tokens() });
  new Headers(headers).forEach((value, key) => all.set(key, value));
  const signals = [signal, timeout && AbortSignal.timeout(timeout)].filter(Boolean);
  return { method: "POST", body, headers: all, keepalive, signal: AbortSignal.any(signals) };
};

const send = async (url, request) => {
  const response = await fetch(url, request);
  return answerOf(response, (name) => response.headers.get(name), await response.text());
};

/* fetch tells nothing of progress. */
const upload = (url, { body, headers, signal }, onProgress) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    headers.forEach((value, key) => request.setRequestHeader(key, value));
    request.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    request.onload = () =>
      resolve(answerOf(request, (name) => request.getResponseHeader(name), request.responseText));
    request.onerror = reject;
    request.onabort = () => reject(signal.reason);
    signal.onabort = () => request.abort();
    if (signal.aborted) reject(signal.reason);
    else request.send(body);
  });

const answerOf = ({ status }, header, text) => ({
  status, text, type: header("Content-Type"), redirect: header("Action-Redirect"),
});

const read = ({ status, type, text }) => {
  if (status === 204) return {};
  const good = status < 300;
  try {
    if (good && type?.startsWith(RICH)) return { data: parse(text) };
    const said = JSON.parse(text);
    if (good && said.success) return { data: said.data };
    const own = said.error ?? said;
    if (/^(Astro)?Action/.test(own.type)) {
      return { error: new (own.issues ? ActionInputError : ActionError)(own) };
    }
  } catch {
    // A proxy's page: only its status is known.
  }
  const code = CODES[status] ?? (good || status > 499 ? CODES[500] : CODES[400]);
  const message = `The answer, of status ${status}, is not an action's.`;
  return { error: new ActionError({ code, status, message }) };
};

const tokens = () => {
  const meta = document.querySelector("meta[name=csrf-token]");
  const token = meta?.content ?? document.querySelector("input[name=csrf_token]")?.value;
  return token && { [meta?.dataset.header ?? "X-CSRFToken"]: token };
};

const bodyOf = (input, submitter) => {
  if (input === undefined) return [];
  if (input instanceof HTMLFormElement) return [new FormData(input, submitter)];
  if (input instanceof FormData || input instanceof URLSearchParams) return [input];
  return isRich(input) ? [stringify(input), RICH] : [JSON.stringify(input), "application/json"];
};

/* Whether JSON would lose something. */
const isRich = (value, seen = new Set()) => {
  if (typeof value === "number") return !Number.isFinite(value) || Object.is(value, -0);
  if (Object(value) !== value) return /bi|sy/.test(typeof value);
  const kind = Object.getPrototypeOf(value);
  if (![Object.prototype, Array.prototype, null].includes(kind) || seen.has(value)) return true;
  seen.add(value);
  return Object.values(value).some((one) => isRich(one, seen));
};

/* --- the text of devalue 5: a list of values that refer to each other by position */

const SPECIAL = [undefined, undefined, NaN, Infinity, -Infinity, -0]; // -1 to -6

export const parse = (text) => {
  const values = JSON.parse(text);
  const made = [];
  const at = (index) => {
    if (index < 0) return SPECIAL[-index - 1];
    if (index in made) return made[index];
    const value = values[index];
    const keep = (one) => (made[index] = one);
    if (typeof value !== "object" || value === null) return keep(value);
    if (typeof value[0] === "string") return special(value, at, keep);
    if (value[0] === -7) {
      const list = keep(new Array(value[1]));
      for (let i = 2; i < value.length; i += 2) list[value[i]] = at(value[i + 1]);
      return list;
    }
    const whole = keep(Array.isArray(value) ? new Array(value.length) : {});
    for (const [key, one] of Object.entries(value)) if (one !== -2) put(whole, key, at(one));
    return whole;
  };
  const list = Array.isArray(values);
  if (!list && !(values < 0)) throw new TypeError(`${text} is not known here.`);
  return at(list ? 0 : values);
};

const put = (object, key, value) => {
  if (key === "__proto__") throw new TypeError("__proto__ is no key.");
  object[key] = value;
};

const special = ([kind, ...parts], at, keep) => {
  const [first, ...range] = parts;
  switch (kind) {
    case "BigInt":
      return keep(BigInt(first));
    case "Date":
    case "RegExp":
    case "URLSearchParams":
      return keep(new globalThis[kind](...parts));
    case "URL":
      return keep(new URL(first < 9e9 ? at(first) : first));
    case "Set": {
      const set = keep(new Set());
      for (const one of parts) set.add(at(one));
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
      return keep(Uint8Array.from(atob(first), (char) => char.charCodeAt(0)).buffer);
  }
  if (!/^\w+(Array|View)$/.test(kind)) throw new TypeError(`${kind} is not known here.`);
  return keep(new globalThis[kind](at(first), ...range));
};

export const stringify = (root) => {
  const lines = [];
  const known = new Map();
  const refer = (value) => {
    const place = value === undefined ? 0 : SPECIAL.findIndex((one) => Object.is(one, value));
    if (place >= 0) return -place - 1;
    if (known.has(value)) return known.get(value);
    const index = lines.push("") - 1;
    known.set(value, index);
    lines[index] = JSON.stringify(flat(value));
    return index;
  };
  const list = (values) => Array.from(values, (one, i) => (i in values ? refer(one) : -2));
  const flat = (value) => {
    if (typeof value === "bigint") return ["BigInt", `${value}`];
    if (/^(st|n|bo)/.test(typeof value) || value === null) return value;
    if (value instanceof Date) return ["Date", value.toJSON() ?? ""];
    if (value instanceof URL) return ["URL", value.href];
    if (value instanceof RegExp) return ["RegExp", value.source, value.flags];
    if (value instanceof Set) return ["Set", ...list([...value])];
    if (value instanceof Map) return ["Map", ...list([...value].flat())];
    if (value instanceof ArrayBuffer) {
      const text = new Uint8Array(value).reduce((all, one) => all + String.fromCharCode(one), "");
      return ["ArrayBuffer", btoa(text)];
    }
    const kind = Object.getPrototypeOf(value);
    const name = kind?.constructor.name;
    if (ArrayBuffer.isView(value)) {
      return [name, refer(value.buffer), value.byteOffset, value.length ?? value.byteLength];
    }
    if (Array.isArray(value)) return list(value);
    if (kind !== Object.prototype && kind !== null) {
      throw new TypeError(`A ${name} cannot be sent: use a FormData.`);
    }
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, refer(one)]));
  };
  const first = refer(root);
  return first < 0 ? `${first}` : `[${lines}]`;
};
