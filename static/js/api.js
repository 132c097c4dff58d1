// The REST client: JSON in and out, problem documents as errors, and one place that notices the end of a session.

import { t, word } from "./i18n.js";

/** What the server said instead of doing it. `errors` are sentences with the place they are about. */
export class ApiError extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || word("http", status) || t("error.status", { status }));
    this.status = status;
    this.problem = problem;
    this.errors = (problem.errors ?? problem.problems ?? []).map(place);
    this.retryAfter = problem.retryAfter;
  }
}

/** A problem with its JSON pointer in plain form, whether it came as a URI fragment or not. */
export function place({ pointer = "", detail = "" }) {
  return { pointer: pointer.replace(/^#/, ""), detail };
}

let restoreSession = async () => false;
/** `restore` is asked when the server says 401; if it answers true the request is sent again. */
export function onSignedOut(restore) {
  restoreSession = restore;
}

/** Sends a request below `/api/v1`; answers `{ data, etag, status }` or throws `ApiError`. */
export async function request(method, path, { body, etag, query, type, signal, public: open = false } = {}) {
  const url = new URL(`/api/v1${path}`, location.origin);
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const one of [value].flat()) {
      if (one !== undefined && one !== null && one !== "") url.searchParams.append(name, one);
    }
  }
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = type ?? "application/json";
  if (etag) headers["If-Match"] = etag;
  let response;
  try {
    response = await fetch(url, {
      method,
      headers,
      body: body === undefined || typeof body === "string" || body instanceof Blob ? body : JSON.stringify(body),
      credentials: "same-origin",
      cache: "no-store",
      signal,
    });
  } catch (cause) {
    if (cause.name === "AbortError") throw cause;
    throw new ApiError(0, { detail: t("error.unreachable") });
  }
  if (response.status === 401 && !open && (await restoreSession())) {
    return request(method, path, { body, etag, query, type, signal, public: true });
  }
  const data = await read(response);
  if (!response.ok) {
    const problem = data && typeof data === "object" ? data : {};
    throw new ApiError(response.status, { ...problem, retryAfter: response.headers.get("Retry-After") });
  }
  return { data, etag: response.headers.get("ETag"), status: response.status };
}

async function read(response) {
  const text = await response.text();
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export const get = (path, query, more) => request("GET", path, { query, ...more }).then(({ data }) => data);

/** The path of a tag, its halves escaped. */
export const tagPath = (name, ...rest) => `/tags/${[...name.split("/"), ...rest].map(encodeURIComponent).join("/")}`;
