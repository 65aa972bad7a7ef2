// Fetches what others wrote every two seconds; the form stays as it is.
const feed = document.getElementById("feed");
const address = new URL(location.href);
address.hash = "";
address.searchParams.set("part", "1");
setInterval(async () => {
  if (document.hidden) return;
  try {
    const answer = await fetch(address);
    const text = await answer.text();
    if (answer.ok && text !== feed.dataset.last) {
      feed.innerHTML = text;
      feed.dataset.last = text;
    }
  } catch {
    // The network is gone for a moment; the next round finds it again.
  }
}, 2000);
