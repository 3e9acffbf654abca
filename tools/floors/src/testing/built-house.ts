import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { readWorkspaces } from '../workspaces.ts';

const NOT_COPIED: readonly string[] = ['node_modules', 'dist', '.turbo', '.cache'];

/** A repository in a directory of its own, whose workspaces find each other by their names. */
export class BuiltHouse implements Disposable {
  readonly directory = mkdtempSync(path.join(tmpdir(), 'outcry-floors-'));

  private constructor() {
    mkdirSync(path.join(this.directory, 'node_modules'));
  }

  static from(files: Readonly<Record<string, string>>): BuiltHouse {
    const house = new BuiltHouse();
    for (const [file, text] of Object.entries(files)) house.write(file, text);
    house.#link();
    return house;
  }

  /** The workspaces of another repository, as they are. */
  static copyOf(directory: string): BuiltHouse {
    const house = new BuiltHouse();
    for (const part of ['package.json', ...readWorkspaces(directory).keys()]) {
      cpSync(path.join(directory, part), path.join(house.directory, part), {
        recursive: true,
        filter: (source) => !NOT_COPIED.includes(path.basename(source)),
      });
    }
    house.#link();
    return house;
  }

  write(file: string, text: string): void {
    const target = path.join(this.directory, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }

  #link(): void {
    for (const [workspace, { name }] of readWorkspaces(this.directory)) {
      const link = path.join(this.directory, 'node_modules', name);
      mkdirSync(path.dirname(link), { recursive: true });
      symlinkSync(path.join(this.directory, workspace), link);
    }
  }
}
