/** Says whether it is the program. */
import { isMain } from '#libs/service';

if (isMain(import.meta.url)) console.log('the program');
