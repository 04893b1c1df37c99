// A second click on a button that is already at work does nothing. The server keeps to that without this, too.
for (const form of document.querySelectorAll("form[data-once]")) {
  let isSent = false;
  form.addEventListener("submit", (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
  });
  // Back from the payment page: the form may be sent again.
  window.addEventListener("pageshow", () => { isSent = false; });
}
