// Leaving the desk for another page of the web, from which somebody comes back by a whole new load.
export const leave = {
  to(address: string) {
    window.location.assign(address)
  },
}
