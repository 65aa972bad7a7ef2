// English words of the desk, cut from the catalogue that site and mails share.
export { desk } from '../../../locales/en.json'
