/* SPDX-License-Identifier: Apache-2.0 */
/* The mixspike command: finds the verb and hands over. */
#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const cli_verb *const VERBS[] = {
    &cli_train, &cli_simulate, &cli_replay,        &cli_export, &cli_doctor,
    &cli_bench, &cli_netlist,  &cli_validate_verb, &cli_new,    &cli_size,
    &cli_fit,   &cli_data,     &cli_study,         &cli_import};
enum { N_VERB = sizeof VERBS / sizeof *VERBS };

static void print_help(void) {
  printf("mixspike: co-simulate, train and sign off mixed-signal spiking chips\n\n"
         "usage: mixspike VERB [options]      mixspike VERB --help says more\n\n");
  for (int i = 0; i < N_VERB; i++)
    printf("  %-9s %s\n", VERBS[i]->name, VERBS[i]->summary);
  printf("\nEvery verb takes\n"
         "  -h, --help    this kind of text\n"
         "  -j, --json    one JSON object on standard output\n"
         "  -q, --quiet   no progress\n"
         "      --pdk DIR folder of the PDK that a process reads\n\n"
         "exit codes\n"
         "  0    done\n"
         "  1    it ran, and the answer is no (replay differs, package tampered with,\n"
         "       doctor found something missing)\n"
         "  2    wrong command line\n"
         "  3    an input file is wrong or missing\n"
         "  4    a simulator failed\n"
         "  5    disk or memory\n"
         "  130  interrupted; `train` left a state that --resume continues\n");
}

/* What was printed must have arrived, too: `mixspike netlist dpi16 >/full/disk/deck`. */
static int finish(const cli *c, int leave) {
  if (!fflush(stdout) && !ferror(stdout))
    return leave;
  fprintf(stderr, "mixspike %s: cannot write to standard output: %s\n", c->verb, strerror(errno));
  return leave ? leave : CLI_SYSTEM;
}

int main(int argc, char **argv) {
  cli c = {.verb = ""};
  signal(SIGXFSZ, SIG_IGN); /* a file size limit is an error to report, not a reason to die */
  if (argc < 2)
    return cli_usage(&c, "a verb is needed");
  if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
    print_help();
    return CLI_OK;
  }
  if (!strcmp(argv[1], "--version")) {
    printf("mixspike %s\n", MS_VERSION);
    return CLI_OK;
  }
  for (int i = 0; i < N_VERB; i++)
    if (!strcmp(argv[1], VERBS[i]->name)) {
      char name[64];
      snprintf(name, sizeof name, "mixspike %s", argv[1]);
      c.verb = VERBS[i]->name;
      argv[1] = name; /* getopt's own messages begin with it */
      return finish(&c, VERBS[i]->run(&c, argc - 1, argv + 1));
    }
  return cli_usage(&c, "there is no verb '%s'", argv[1]);
}
