export const POLICY_HELP = `\
Usage: guestd policy explain [OPTIONS] REQUEST
       guestd policy list [OPTIONS]
       guestd policy check FILE [--json]
Explains what hosts may do in this guest. Run it as the user of the agent, usually root.

  explain          whether a request passes, and which rule decides; the request is JSON,
                   as a host sends it. No file is opened and no program is run
  list             the presets, and each command with the rule that decides about it
  check            the mistakes in a policy file, each with its line, and warnings

Options:
  -c, --config=PATH      the configuration file, as for the agent
  -a, --allow-rpcs=LIST  allow only these commands
  -b, --block-rpcs=LIST  block these commands
      --policy=POLICY    presets separated by commas, or the path of a policy file
      --json             print one JSON object
  -h, --help             print this help and exit

Exit status: 0 if the request is allowed, or the file is valid; 1 if not; 2 for a usage
error or an invalid configuration.

Examples:
  guestd policy explain '{"execute": "guest-exec", "arguments": {"path": "id"}}'
  guestd policy list --policy=audit,file-read
  guestd policy check /etc/guestd.policy
`;
