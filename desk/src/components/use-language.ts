// The language now spoken, for Intl formats.
import { useTranslation } from 'react-i18next'

export function useLanguage(): string {
  return useTranslation().i18n.language
}
