/** What other parts of the project use of the laboratory. */
export { startGuest } from './guest.js';
export { guestdImage } from './guest-image.js';
export { whatIsMissing } from './requirements.js';
