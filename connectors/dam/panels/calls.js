// Calls the hub for every panel: signs its person in, and tells what went wrong in words for people. It knows no page.
"use strict";

(function (global) {
  const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";

  /** What went wrong, for people: `what`, and where known `why`, `instead`, who can help, and the `fields` at fault. */
  class Problem extends Error {
    constructor(status, { what, why, instead, who, fields }) {
      super(what);
      this.status = status;
      this.told = { what, why: why || "", instead: instead || "", who: who || "", fields: fields || {} };
    }
  }

  function form(values) {
    return Object.entries(values).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
  }

  function base64url(bytes) {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let text = "";
    for (let at = 0; at < bytes.length; at += 3) {
      const three = (bytes[at] << 16) | ((bytes[at + 1] || 0) << 8) | (bytes[at + 2] || 0);
      for (let part = 0; part < Math.min(4, bytes.length - at + 1); part += 1) {
        text += letters[(three >> (18 - 6 * part)) & 63];
      }
    }
    return text;
  }

  class Calls {
    constructor(host, config) {
      this.host = host;
      this.config = config;
      this.token = "";
    }

    /** A call in the person's name. */
    async call(method, where, body, team) {
      const headers = { Authorization: `Bearer ${this.token}` };
      if (body) headers["Content-Type"] = "application/json";
      const asked = { method, headers, body: body && JSON.stringify(body) };
      const query = team ? `?team=${encodeURIComponent(team)}` : "";
      const { status, told } = await this.fetched(`${this.config.url}/panel/${where}${query}`, asked);
      if (status === 200) return told;
      throw new Problem(status, { ...told, ...helper(told), what: told.detail || "Inlay refused." });
    }

    /** A token by the code that comes back in a redirect (RFC 7636). */
    async redirected() {
      const verifier = base64url(this.host.random(32));
      const challenge = base64url(await this.host.sha256(verifier));
      const asked = { url: `${this.config.url}/authorize`, clientId: this.config.client, challenge };
      const { code, redirectUri } = await this.host.authorize(asked);
      const given = { code, redirect_uri: redirectUri, code_verifier: verifier };
      return this.sent("token", { grant_type: "authorization_code", ...given });
    }

    /**
     * A token by a code the person types (RFC 8628), or null when nobody wants it any more, which `waits` says. `show`
     * shows the code.
     */
    async typed(show, waits) {
      const begun = await this.sent("device", {});
      const until = this.host.now() + begun.expires_in * 1000;
      let interval = begun.interval;
      await show({ shown: begun.user_code, page: begun.verification_uri, whole: begun.verification_uri_complete });
      while (waits() && this.host.now() < until) {
        await this.host.wait(interval * 1000);
        if (!waits()) return null;
        try {
          return await this.sent("token", { grant_type: DEVICE, device_code: begun.device_code });
        } catch (error) {
          // No word of the hub's: it is away, or wants to be asked later.
          if (error.word === "slow_down") interval += 5;
          else if (error.word && error.word !== "authorization_pending") throw ended(error.word);
        }
      }
      if (!waits()) return null;
      throw ended("expired_token");
    }

    /** A call of the sign-in itself: a form, and errors in a word. */
    async sent(where, values) {
      const asked = {
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        body: form({ client_id: this.config.client, ...values }),
      };
      const { status, told } = await this.fetched(`${this.config.url}/panel/${where}`, asked);
      if (status === 200) return told;
      const error = new Problem(0, {
        what: "The sign-in did not work.",
        why: told.error_description || told.detail || "",
        instead: told.instead || "Sign in again. If that does not help, an admin gives you the panel anew.",
      });
      error.word = told.error;
      throw error;
    }

    async fetched(url, asked) {
      let answer = { status: 0 };
      try {
        answer = await this.host.fetch(url, asked);
        return { status: answer.status, told: await answer.json() };
      } catch (error) {
        throw new Problem(answer.status >= 500 ? answer.status : 0, this.away());
      }
    }

    /** A browser tells a hub that is away and one that does not know this panel in the same way. */
    away() {
      const { origin } = this.host;
      const unknown = origin ? ` If it has never worked here, an admin adds ${origin} to panel_origins.` : "";
      return { what: "Inlay does not answer.", instead: `Check your connection, then try again.${unknown}` };
    }
  }

  /** Who can help, where that is not the person; "nobody: wait a moment" says what to do and names no helper. */
  function helper({ who, instead }) {
    const [name, more] = (who || "").split(": ");
    if (["", "nobody", "the asker", "the sender"].includes(name)) return { who: "", instead: instead || more };
    return { who, instead };
  }

  function ended(word) {
    const what = word === "access_denied" ? "The sign-in was refused." : "The code was not typed in time.";
    return new Problem(0, { what, instead: "Sign in again." });
  }

  global.InlayCalls = { Calls, Problem, base64url };
})(globalThis);
