// Buttons for passkeys: only where a browser knows them, and a word where one was refused, of which allauth's scripts,
// that do the asking, tell the console alone.
const isKnown = "PublicKeyCredential" in window;
for (const part of document.querySelectorAll("[data-passkey]")) part.hidden = !isKnown;
for (const note of document.querySelectorAll("[data-passkey-missing]")) note.hidden = isKnown;
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const note = document.querySelector("[data-passkey-refused]");
  note.hidden = false;
  note.focus();
});
