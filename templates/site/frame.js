// Tells the page around an embedded form how high it is. Only the page that asked for it hears it.
(function () {
  var origin = new URLSearchParams(location.search).get('origin')
  if (parent === window || !/^https?:\/\/[^/]+$/.test(origin || '')) return
  function tell() {
    parent.postMessage({ kulantHeight: document.body.scrollHeight }, origin)
  }
  new ResizeObserver(tell).observe(document.body)
  tell()
})()
