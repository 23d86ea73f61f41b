import { describePower } from './power.js';

describePower('systemd');
