export {
  byteByByte,
  type Delivery,
  type FakeGuest,
  type FakeHandler,
  fakeGuest,
  silence,
} from './fake-guest.js';
