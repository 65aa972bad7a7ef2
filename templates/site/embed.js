// Puts a contact form where its script tag stands:
// <script src="https://…/embed.js?form=contact" async></script>
// Optional on the tag: data-lang, data-subject, data-text, data-title.
(function () {
  var tag = document.currentScript
  if (!tag) return
  var own = new URL(tag.src)
  var form = own.searchParams.get('form')
  if (!form) return
  var page = new URL('/form/' + encodeURIComponent(form), own.origin)
  var wishes = {
    embedded: '1',
    origin: location.origin,
    lang: tag.dataset.lang || '',
    subject: tag.dataset.subject || '',
    text: tag.dataset.text || '',
    from: tag.hasAttribute('data-from') ? location.href.split('#')[0] : '',
  }
  for (var name in wishes) if (wishes[name]) page.searchParams.set(name, wishes[name])
  var frame = document.createElement('iframe')
  frame.src = page.href
  frame.title = tag.dataset.title || 'Kontaktformular / contact form'
  frame.style.cssText = 'display:block;width:100%;height:52rem;border:0'
  tag.parentNode.insertBefore(frame, tag)
  addEventListener('message', function (event) {
    if (event.origin !== own.origin || event.source !== frame.contentWindow) return
    var height = event.data && event.data.kulantHeight
    if (typeof height !== 'number' || !(height > 0)) return
    frame.style.height = Math.min(Math.ceil(height), 6000) + 'px'
  })
})()
