// The state of one settings form: values, what the server said about them, and saving.
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useProblemText } from '../../../components/use-problem-text'
import { Problem } from '../../../lib/api/client'
import { fieldErrors } from '../api/change-setting'

export function useForm<T extends object>(initial: T, submit: (values: T) => Promise<unknown>) {
  const { t, i18n } = useTranslation()
  const describe = useProblemText()
  const [values, setValues] = useState(initial)
  const [problem, setProblem] = useState<Problem | null>(null)
  const [busy, setBusy] = useState(false)
  const set = <K extends keyof T>(key: K, value: T[K]) => setValues((known) => ({ ...known, [key]: value }))
  const onSubmit = async (event: FormEvent) => {
    event.preventDefault()
    event.stopPropagation()
    setBusy(true)
    setProblem(null)
    try {
      await submit(values)
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem({ status: 0, code: 'unknown' }))
    } finally {
      setBusy(false)
    }
  }
  const inWords = (code: string) => {
    const key = `desk.field_problem.${code}`
    return i18n.exists(key) ? t(key, { mark: '{token}' }) : null
  }
  return { values, set, busy, errors: fieldErrors(problem, inWords), trouble: problem ? describe(problem) : null, onSubmit: (event: FormEvent) => void onSubmit(event) }
}
