// The sign of a network. A new network adds one line to the list.
import IconBrandAppstore from '@tabler/icons-react/dist/esm/icons/IconBrandAppstore.mjs'
import IconBrandBluesky from '@tabler/icons-react/dist/esm/icons/IconBrandBluesky.mjs'
import IconBrandFacebook from '@tabler/icons-react/dist/esm/icons/IconBrandFacebook.mjs'
import IconBrandGoogleMaps from '@tabler/icons-react/dist/esm/icons/IconBrandGoogleMaps.mjs'
import IconBrandGooglePlay from '@tabler/icons-react/dist/esm/icons/IconBrandGooglePlay.mjs'
import IconBrandInstagram from '@tabler/icons-react/dist/esm/icons/IconBrandInstagram.mjs'
import IconBrandMastodon from '@tabler/icons-react/dist/esm/icons/IconBrandMastodon.mjs'
import IconBrandTelegram from '@tabler/icons-react/dist/esm/icons/IconBrandTelegram.mjs'
import IconBrandWhatsapp from '@tabler/icons-react/dist/esm/icons/IconBrandWhatsapp.mjs'
import IconBrandX from '@tabler/icons-react/dist/esm/icons/IconBrandX.mjs'
import IconBrandYoutube from '@tabler/icons-react/dist/esm/icons/IconBrandYoutube.mjs'
import IconDeviceMobileMessage from '@tabler/icons-react/dist/esm/icons/IconDeviceMobileMessage.mjs'
import IconFileImport from '@tabler/icons-react/dist/esm/icons/IconFileImport.mjs'
import IconForms from '@tabler/icons-react/dist/esm/icons/IconForms.mjs'
import IconMail from '@tabler/icons-react/dist/esm/icons/IconMail.mjs'
import IconMessageCircle from '@tabler/icons-react/dist/esm/icons/IconMessageCircle.mjs'
import IconMessages from '@tabler/icons-react/dist/esm/icons/IconMessages.mjs'
import IconPhone from '@tabler/icons-react/dist/esm/icons/IconPhone.mjs'
import IconPlugConnected from '@tabler/icons-react/dist/esm/icons/IconPlugConnected.mjs'
import IconRss from '@tabler/icons-react/dist/esm/icons/IconRss.mjs'
import type { InboxMark } from '../lib/api/types'

const GLYPHS: Record<string, typeof IconMail> = {
  form: IconForms,
  feed: IconRss,
  webhook: IconPlugConnected,
  import: IconFileImport,
  email: IconMail,
  phone: IconPhone,
  mastodon: IconBrandMastodon,
  bluesky: IconBrandBluesky,
  facebook: IconBrandFacebook,
  instagram: IconBrandInstagram,
  x: IconBrandX,
  youtube: IconBrandYoutube,
  telegram: IconBrandTelegram,
  twilio: IconDeviceMobileMessage,
  discourse: IconMessages,
  whatsapp: IconBrandWhatsapp,
  google_business: IconBrandGoogleMaps,
  google_play: IconBrandGooglePlay,
  app_store: IconBrandAppstore,
}

export function ChannelGlyph({ inbox, size = 16 }: { inbox: Pick<InboxMark, 'channel' | 'name'>; size?: number }) {
  const Glyph = GLYPHS[inbox.channel] ?? IconMessageCircle
  return <Glyph size={size} stroke={1.7} role="img" aria-label={inbox.name} title={inbox.name} />
}
