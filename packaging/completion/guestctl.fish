# fish completion for guestctl, as `guestctl completion fish` prints it

function __guestctl_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    for line in (guestctl __complete -- $words[2..-1] "$word" 2>/dev/null)
        switch $line
            case ':commands'
                __fish_complete_command
            case ':files*'
                set -l skip (string sub -s 8 -- $line)
                set -l start (math (string length -- "$skip") + 1)
                for path in (__fish_complete_path (string sub -s $start -- "$word"))
                    echo $skip$path
                end
            case '*'
                echo $line
        end
    end
end

complete -c guestctl -f -a '(__guestctl_complete)'
