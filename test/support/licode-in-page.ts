import { LicodePage } from '../fakes/licode-page.ts';

/** What the page of a Licode app holds, for the test to drive. */

declare global {
  interface Window {
    LicodePage: typeof LicodePage;
    licode: LicodePage;
    /** Where several share a page. */
    licodes: LicodePage[];
  }
}

window.LicodePage = LicodePage;
window.licodes = [];
