// German words of the desk and of the channels, cut from the catalogue that site and mails share.
export { channel, desk } from '../../../locales/de.json'
