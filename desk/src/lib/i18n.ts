// The desk's words. One language is loaded at a time; switching loads the other without a reload. What only the forms
// of the channels say comes with the settings.
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import type { Language } from './api/types'

type Load = () => Promise<{ default: Record<string, object> }>
const catalogues: Record<Language, Load> = { de: () => import('words:de'), en: () => import('words:en') }
/** What only the forms of the channels' settings say: long, and seldom read. */
const forms: Record<Language, Load> = { de: () => import('words:de/forms'), en: () => import('words:en/forms') }
let withForms = false
const loaded = new Set<Load>()

export function preferredLanguage(): Language {
  const kept = localStorage.getItem('kulant.language')
  if (kept === 'de' || kept === 'en') return kept
  return navigator.language.toLowerCase().startsWith('de') ? 'de' : 'en'
}

async function load(language: Language) {
  await Promise.all([add(language, catalogues[language]), withForms && add(language, forms[language])])
}

async function add(language: Language, words: Load) {
  if (loaded.has(words)) return
  i18next.addResourceBundle(language, 'translation', (await words()).default, true)
  loaded.add(words)
}

/** Loads the words of the channels' settings as well, from now on in every language that is spoken. */
export async function loadFormWords() {
  withForms = true
  await load(i18next.language as Language)
}

export async function startLanguage(language: Language) {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: {},
    interpolation: { escapeValue: false },
    react: { useSuspense: false },
  })
  loaded.clear()
  await speak(language)
}

export async function speak(language: Language) {
  await load(language)
  await i18next.changeLanguage(language)
  document.documentElement.lang = language
  localStorage.setItem('kulant.language', language)
}
