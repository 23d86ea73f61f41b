/** The laboratory as used by other parts of the project. */
export { startGuest } from './guest.js';
export { guestdImage } from './guest-image.js';
export { whatIsMissing } from './requirements.js';
