// The desk's words. One language is loaded at a time; switching loads the other without a reload.
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import type { Language } from './api/types'

const catalogues: Record<Language, () => Promise<{ channel: object; desk: object }>> = {
  de: () => import('./words-de'),
  en: () => import('./words-en'),
}

export function preferredLanguage(): Language {
  const kept = localStorage.getItem('kulant.language')
  if (kept === 'de' || kept === 'en') return kept
  return navigator.language.toLowerCase().startsWith('de') ? 'de' : 'en'
}

async function load(language: Language) {
  if (i18next.hasResourceBundle(language, 'translation')) return
  const { channel, desk } = await catalogues[language]()
  i18next.addResourceBundle(language, 'translation', { channel, desk })
}

export async function startLanguage(language: Language) {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: {},
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  })
  await speak(language)
}

export async function speak(language: Language) {
  await load(language)
  await i18next.changeLanguage(language)
  document.documentElement.lang = language
  localStorage.setItem('kulant.language', language)
}
