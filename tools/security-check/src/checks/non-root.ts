import type { Check, Finding } from '../finding';
import type { Subjects } from '../subjects/subjects';
import { type ContainerRule, checkContainers } from './container-rules';

const NAME = 'non-root';
/** Below are the accounts of a system, one of which may own files of the host. */
const LEAST_UID = 10_000;

const RULES: readonly ContainerRule[] = [
  {
    name: 'root',
    fault: ({ origin, runsAsNonRoot, userId }) => {
      if (runsAsNonRoot || (origin === 'compose' && userId !== 0)) return false;
      return origin === 'compose' ? 'It runs as root.' : 'It may run as root: set runAsNonRoot: true.';
    },
  },
];

export const nonRoot: Check = {
  name: NAME,
  title: 'Non-root users',
  run(subjects) {
    const outcome = checkContainers(NAME, RULES, subjects);
    const findings = [...outcome.findings, ...usersOfServices(subjects), ...usersOfImages(subjects)];
    return { ...outcome, findings, looked: outcome.looked + subjects.dockerfiles.length };
  },
};

/** Where Compose is silent, the image decides: that is known only of those that are built here. */
function usersOfServices({ composeFiles }: Subjects): Finding[] {
  return composeFiles
    .flatMap(({ services }) => services)
    .filter(({ container: { image, userId } }) => userId === undefined && !isBuiltHere(image))
    .map(({ place, container: { image } }) => ({
      rule: `${NAME}/unknown-user`,
      place,
      message: `Nothing here says that ${image} does not run as root: set user.`,
    }));
}

const isBuiltHere = (image: string): boolean => /^(\$\{TIDEWATCH_IMAGES[^}]*\}|tidewatch)-/.test(image);

function usersOfImages({ dockerfiles }: Subjects): Finding[] {
  return dockerfiles.flatMap(({ file, stages }) => {
    const last = stages.at(-1) ?? [];
    const user = last.findLast(({ name }) => name === 'USER');
    const uid = Number(user?.text.split(':', 1)[0]);
    if (uid >= LEAST_UID) return [];
    const line = (user ?? last[0])?.line;
    return [
      {
        rule: `${NAME}/image-user`,
        place: { file, ...(line && { line }) },
        message: user
          ? `USER ${user.text} is no number from ${LEAST_UID} on, so it can't be seen that it is not root.`
          : `The last stage has no USER: it runs as root.`,
      },
    ];
  });
}
