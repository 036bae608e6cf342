import { LicodePage } from '../../../fakes/licode-page.ts';

declare global {
  interface Window {
    LicodePage: typeof LicodePage;
    /** The clients of this page, in the order in which they connected. */
    licodes: LicodePage[];
  }
}

window.LicodePage = LicodePage;
window.licodes = [];
