import { Console } from './page/console.ts';
import { Entrance } from './page/entrance.ts';

const entrance = new Entrance((admitted) => {
  new Console(admitted, (problem) => {
    entrance.open(problem);
  });
});
void entrance.start();
