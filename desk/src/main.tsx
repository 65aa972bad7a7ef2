// Starts the desk: words first, then the first screen.
import './app/fonts.css'
import './app/mantine-styles'
import './app/tokens.css'
import { createRoot } from 'react-dom/client'
import { Desk, makeClient } from './app/desk'
import { preferredLanguage, startLanguage } from './lib/i18n'
import { shareNonce } from './lib/nonce'

shareNonce()
const kept = localStorage.getItem('mantine-color-scheme-value') ?? 'auto'
const dark = kept === 'dark' || (kept === 'auto' && window.matchMedia('(prefers-color-scheme: dark)').matches)
document.documentElement.dataset.mantineColorScheme = dark ? 'dark' : 'light'

await startLanguage(preferredLanguage())
const place = document.getElementById('root')
if (place) createRoot(place).render(<Desk client={makeClient()} />)
