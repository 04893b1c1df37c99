// Shows how many pieces are in the bag: pages are the same for everyone, the number is this visitor's.
const show = () => {
  const size = /(?:^|; )bag_size=(\d+)/.exec(document.cookie)?.[1] ?? "";
  for (const place of document.querySelectorAll("[data-bag-count]")) {
    place.textContent = size === "0" ? "" : size;
  }
};

show();
// Also when the back button brings a page back as it was.
window.addEventListener("pageshow", show);
