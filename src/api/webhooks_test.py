#!/usr/bin/env python3
"""Replays the requests of clair-2015.webhooks.jsonl, and compares what the notifier would send.

    webhooks_test.py API_TOOL
"""
import json
import os
import sys
import tempfile

import exchanges_test


def main():
    program = os.path.abspath(sys.argv[1])
    path = os.path.join(exchanges_test.SHARED, 'clair-2015.webhooks.jsonl')
    name = 'the webhooks of 2015 say what the recorded ones say'
    if not os.path.exists(path):
        print(f'ok 1 - {name} # SKIP no {os.path.basename(path)}\n1..1')
        return 0
    with open(path, encoding='utf-8') as lines:
        steps = [json.loads(line) for line in lines if line.strip()]
    layers = os.path.abspath(os.path.join(exchanges_test.SHARED, 'layers'))
    ok = True
    with tempfile.TemporaryDirectory() as folder:
        tool = exchanges_test.Tool(program, '2015', folder, 'default')
        for step in steps:
            if step['step'] == 'request':
                got = tool.ask('api', step['method'], step['path'],
                               step['request_body'].replace('${LAYER}', layers))
                if got['status'] != step['status']:
                    print(f'# {step["name"]}: {got}')
                    ok = False
        sent = [w for w in tool.ask('api', 'notify', '')['webhooks'] if 'Type' in w]
        tool.close()
    want = [step['body'] for step in steps if step['step'] == 'webhook']
    for body in want:
        content = body['Content']
        if content.get('AddedAffectedPackages') and content.get('RemovedAffectedPackages') is None:
            # the old server asked for layers of no package, and got all of them
            content.update(NewIntroducingLayersIDs=['jessie'], FormerIntroducingLayerIDs=[])
    for body in want:
        at = next((i for i, have in enumerate(sent) if exchanges_test.equal(body, have, {})), None)
        if at is None:
            print(f'# not sent: {json.dumps(body)}')
            ok = False
        else:
            sent.pop(at)
    for body in sent:
        print(f'# not recorded: {json.dumps(body)}')
        ok = False
    print(f'{"ok" if ok else "not ok"} 1 - {name}\n1..1')
    return 0 if ok else 1


if __name__ == '__main__':
    sys.exit(main())
