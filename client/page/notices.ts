import { make } from './element.ts';

export interface Notice {
  readonly level: 'info' | 'warning' | 'error';
  readonly words: string;
  readonly code?: string | undefined;
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** The status area: what is going on or wrong, one line a topic. */
export class Notices {
  readonly #area: HTMLElement;
  readonly #shown = new Map<string, HTMLElement>();

  constructor(components: { area: HTMLElement }) {
    this.#area = components.area;
  }

  /** Shows a notice in the place of the topic's last one. */
  show(topic: string, notice: Notice): void {
    const line = make('p', 'notice', make('span', '', notice.words));
    line.dataset['level'] = notice.level;
    line.dataset['topic'] = topic;
    if (notice.code !== undefined) {
      line.append(make('small', '', notice.code));
    }
    if (notice.action !== undefined) {
      const button = make('button', '', notice.action.label);
      button.addEventListener('click', notice.action.run);
      line.append(button);
    }
    const last = this.#shown.get(topic);
    this.#shown.set(topic, line);
    if (last === undefined) {
      this.#area.append(line);
    } else {
      last.replaceWith(line);
    }
  }

  clear(topic: string): void {
    this.#shown.get(topic)?.remove();
    this.#shown.delete(topic);
  }
}
