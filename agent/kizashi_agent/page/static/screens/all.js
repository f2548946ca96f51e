// Every screen by its name. A screen is a function from the page and its parameters to the nodes
// shown, and what to do on leaving; `alone` screens offer no menu.

import { camera } from "./camera.js";
import { clear } from "./clear.js";
import { consents } from "./consents.js";
import { feedback, ready } from "./feedback.js";
import { history } from "./history.js";
import { ledger } from "./ledger.js";
import { measured } from "./measured.js";
import { menu } from "./menu.js";
import { preview } from "./preview.js";
import { problem } from "./problem.js";
import { questionnaire } from "./questionnaire.js";
import { recovery } from "./recovery.js";
import { review } from "./review.js";
import { sharing } from "./sharing.js";
import { standing } from "./standing.js";
import { takeOut } from "./take_out.js";
import { waiting } from "./waiting.js";
import { join, welcome } from "./welcome.js";
import { withdrawal } from "./withdrawal.js";

export const SCREENS = {
  welcome,
  join,
  consents,
  camera,
  preview,
  measured,
  review,
  ready,
  feedback,
  sharing,
  waiting,
  recovery,
  problem,
  menu,
  history,
  questionnaire,
  ledger,
  standing,
  withdrawal,
  take_out: takeOut,
  clear,
};
