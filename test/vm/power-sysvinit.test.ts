import { describePower } from './power.js';

describePower('sysvinit');
