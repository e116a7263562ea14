"use strict";
// Asks the browser for a passkey and puts it into the form around the button. The one place where a script is
// needed: browsers give passkeys to nothing else. Without it the button stays hidden and passwords go on working.
(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) {
    return;
  }

  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };

  const text = (buffer) => {
    const plain = String.fromCharCode(...new Uint8Array(buffer || new ArrayBuffer(0)));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };

  const known = (options) =>
    options.known.map((id) => ({ type: "public-key", id: bytes(id) }));

  const make = async (options) => {
    const made = await navigator.credentials.create({
      publicKey: {
        challenge: bytes(options.challenge),
        rp: { id: options.site, name: "Proviso" },
        user: { id: bytes(options.user), name: options.name, displayName: options.name },
        pubKeyCredParams: options.algorithms.map((alg) => ({ type: "public-key", alg })),
        excludeCredentials: known(options),
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        attestation: "none",
      },
    });
    return {
      client: text(made.response.clientDataJSON),
      attestation: text(made.response.attestationObject),
    };
  };

  const use = async (options) => {
    const given = await navigator.credentials.get({
      publicKey: {
        challenge: bytes(options.challenge),
        rpId: options.site,
        allowCredentials: known(options),
        userVerification: "required",
      },
    });
    return {
      id: text(given.rawId),
      client: text(given.response.clientDataJSON),
      authenticator: text(given.response.authenticatorData),
      signature: text(given.response.signature),
      user: text(given.response.userHandle),
    };
  };

  for (const place of document.querySelectorAll("[data-passkey]")) {
    const form = place.closest("form");
    const button = place.querySelector("[data-button] button");
    const failed = place.querySelector("[data-failed]");
    const field = form.querySelector(`input[name="${place.dataset.field}"]`);
    const options = JSON.parse(place.dataset.options);
    const ask = place.dataset.passkey === "make" ? make : use;
    place.querySelector("[data-without]").hidden = true;
    place.querySelector("[data-button]").hidden = false;
    button.type = "button";
    button.addEventListener("click", async () => {
      failed.hidden = true;
      button.disabled = true;
      try {
        field.value = JSON.stringify(await ask(options));
        // Not by its button: what else the form asks for need not be filled in.
        HTMLFormElement.prototype.submit.call(form);
      } catch (error) {
        button.disabled = false;
        failed.hidden = false;
        failed.textContent =
          error.name === "InvalidStateError"
            ? "This device has a passkey for this account already."
            : "No passkey was given. Try again, or use your password.";
      }
    });
  }
})();
