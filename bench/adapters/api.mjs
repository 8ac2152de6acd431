/**
 * What every adapter of a JSON API with a bearer key needs.
 * @param {import("./adapter.mjs").Target} target
 */
export function apiOf({ base, key }) {
  const root = base.pathname.replace(/\/$/, "");
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  return {
    /** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
    async call(method, path, body) {
      const response = await fetch(new URL(root + path, base), {
        method,
        headers,
        body: body && JSON.stringify(body),
      });
      const text = await response.text();
      if (!response.ok)
        throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 400)}`);
      return text && JSON.parse(text);
    },
    /**
     * The request that publishes one event, as the load generator sends it.
     * @param {string} path @param {object} body @returns {import("../wire/template.mjs").RequestShape}
     */
    publishing: (path, body) => ({ method: "POST", path: root + path, headers, body: JSON.stringify(body) }),
  };
}
