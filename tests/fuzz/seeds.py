#!/usr/bin/env python3
"""Valid samples to start fuzzing from: `seeds.py FOLDER` writes FOLDER/<target>/<number>. The
committed corpus began with them; a new target or form is added here, then tests/fuzz/run
--merge."""

import os
import re
import struct
import sys
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TEXT = re.compile(r'R"([a-z]*)\((.*?)\)\1"', re.S)


def literals(*paths):
    """The raw string literals of sources: the unit tests' samples."""
    found = []
    for path in paths:
        with open(os.path.join(ROOT, path), encoding="utf-8") as source:
            found += [match.group(2).encode() for match in TEXT.finditer(source.read())]
    return [text for text in found if len(text) < 2000]


def frame(opcode, payload, fin=True, rsv1=False, key=b"\x01\x02\x03\x04"):
    head = bytes([(0x80 if fin else 0) | (0x40 if rsv1 else 0) | opcode])
    size = len(payload)
    if size < 126:
        head += bytes([0x80 | size])
    elif size < 65536:
        head += bytes([0x80 | 126]) + struct.pack(">H", size)
    else:
        head += bytes([0x80 | 127]) + struct.pack(">Q", size)
    return head + key + bytes(c ^ key[i % 4] for i, c in enumerate(payload))


def deflated(data):
    stream = zlib.compressobj(wbits=-15)
    return (stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH))[:-4]


def http():
    heads = [
        b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: h\r\n\r\n",
        b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET /",
        b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3;x=\"y\"\r\nabc\r\n0\r\nTrailer: t\r\n\r\nrest",
        b"GET http://other:80/p?q HTTP/1.1\r\nHost: h\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n",
        b"GET / HTTP/1.0\r\nConnection: keep-alive\r\nAccept: a\r\naccept: b\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n",
        b"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n\x81\x80",
        b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 400\r\n\r\nab",
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\n folded: x\r\n\r\n",
        b"GET / HTTP/1.1\nHost: h\n\n",
        b"QUERY / HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\n",
    ]
    return [bytes([n % 7]) + head for n, head in enumerate(heads)]


def ws_frames():
    hello = b"h\xc3\xa9llo"
    streams = [
        frame(1, hello) + frame(2, b"\x00\x01") + frame(9, b"p") + frame(10, b"") +
        frame(8, b"\x03\xe8bye"),
        frame(1, hello[:2], fin=False) + frame(9, b"x") + frame(0, hello[2:]),
        frame(2, b"", fin=False) + frame(0, b"", fin=False) + frame(0, b"end"),
        frame(1, b"x" * 130) + frame(2, b"y" * 1001),
        frame(1, deflated(b"squeezed"), rsv1=True) + frame(8, b""),
        frame(1, b"\xff"), frame(8, b"\x03\xed"), frame(8, b"\x0b\xb8" + b"r" * 123),
        b"\x81\x05hello", b"\x83\x80", b"\x81\xff" + b"\xff" * 8 + b"kkkk",
        b"\x09\x80kkkk", b"\x81\xfe\x00\x05kkkkhello",
    ]
    return [bytes([flags, n]) + stream
            for n, stream in enumerate(streams) for flags in (0, 1)]


def deflate():
    samples = [b"", b"a", b"hello hello hello", b"x" * 5000, bytes(range(256)) * 3]
    found = []
    for n, data in enumerate(samples):
        found += [bytes([n * 2, n]) + deflated(data), bytes([n * 2 + 1, 0]) + deflated(data),
                  bytes([n, 1]) + zlib.compress(data, 9)[2:-4]]
    return found + [b"\x01\x00" + deflated(b"\0" * 60000)]


def engine4():
    return [b"4hello\x1ebAQIDBA==\x1e2probe", b"0{\"sid\":\"x\"}", b"1", b"6", b"3probe", b"b",
            b"4\xe2\x82\xac\x1e4\xf0\x9f\x98\x80", b"4\\n\\\\n\"\x01\xe2\x80\xa8"] + \
        literals("tests/unit/engineio/packet.cpp", "tests/unit/engineio/payload.cpp")


def engine3():
    return [b"6:4hello2:4\xe2\x82\xac", b"3:4\xf0\x9f\x98\x80", b"10:b4AQIDBA==", b"0:1:2",
            b"\x00\x06\xff4hello\x01\x05\xff\x04\x01\x02\x03\x04", b"\x00\x04\xff4\xed\xa0\xbd",
            b"b4AQ==", b"\x04abc", b"99999999999:x"] + \
        literals("tests/unit/engineio/revision3.cpp")


def packets():
    found = [b'2["a",1]', b'51-["a",{"_placeholder":true,"num":0}]\x1e\x01bytes',
             b'0/admin,{"token":"x"}', b'1/admin,', b'4{"message":"m"}', b'4/a,"m"',
             b'3/a,12["ok",null]', b'62-/n,7[{"_placeholder":true,"num":1},'
             b'{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]\x1e\x01a\x1e\x01b',
             b'2["\\u0061",{"b":[1.5e3,-0,"\\ud800",{"1":2,"0":3}]}]', b"2", b"3",
             b'29007199254740991["a"]', b'2[7,{"_placeholder":true,"num":0}]', b'2["disconnect"]',
             b'511-["a"]', b'51-["a",{"_placeholder":true,"num":3}]\x1e\x01x', b'0\x1e0']
    return found + literals("tests/unit/socketio/packet.cpp", "tests/unit/socketio/server.cpp")


def msgpack():
    def text(value):
        return bytes([0xa0 | len(value)]) + value

    def packet(kind, data, *more):
        body = text(b"type") + bytes([kind]) + text(b"nsp") + text(b"/") + \
            (text(b"data") + data if data else b"") + b"".join(more)
        return bytes([0x80 | 2 + (1 if data else 0) + len(more) // 2]) + body
    values = [b"\xc0", b"\x7f", b"\xe0", b"\xcc\x80", b"\xcd\x01\x00", b"\xce\x00\x01\x00\x00",
              b"\xcf\x00\x20\x00\x00\x00\x00\x00\x01", b"\xd0\x80", b"\xd1\x80\x00",
              b"\xd2\x80\x00\x00\x00", b"\xd3\xff\xff\xff\xff\x00\x00\x00\x00",
              b"\xca\x3f\xc0\x00\x00", b"\xcb\x3f\xf8" + b"\x00" * 6, b"\xd4\x00\x00",
              b"\xd7\x00\x00\x00\x01\x7f\x00\x00\x00\x00", b"\xc7\x03\x00abc", b"\xc4\x02ab",
              b"\xd9\x01x", b"\x82\xa1a\xc0\xa10\x93\x01\x02\x03", b"\xdc\x00\x02\xc2\xc3",
              b"\xde\x00\x01\xa1a\xa1b", b"\xa2\xff\xfe", b"\xdd\xff\xff\xff\xff\x01"]
    packets_ = [packet(0, b""), packet(0, b"\x81\xa5token\xa1x"), packet(1, b""),
                packet(2, b"\x92\xa1a\x01", text(b"id"), b"\x05"), packet(3, b"\x90"),
                packet(4, b"\xa1m"), packet(2, b"\x91\xc4\x02ab"), packet(5, b"\x90")]
    return values + packets_


def json():
    return literals("tests/unit/socketio/json.cpp", "tests/unit/socketio/json_text.cpp",
                    "tests/unit/socketio/raw_json.cpp", "tests/unit/socketio/json_codec.cpp") + [
        b"1e400", b"-0", b"1e-400", b"0.1", b"123456789012345678", b'"\\ud83d\\ude00\\ud800"',
        b'["a",{"b":[true,false,null]}, 1 ]', b"[" * 40 + b"]" * 40, b'{"a":1,"a":2,"10":3,"9":4}',
        b'"2024-02-29T12:34:56.789Z"', b"2024-02-29T12:34:56.789+01:30"]


def text():
    samples = [b"a=1&b=%41+b&c&=d&%zz=%", b"io=abc; Path=/; x=\"q%20\"; connect.sid=s%3Aid.sig",
               b"Sun, 06 Nov 1994 08:49:37 GMT", b"AQIDBA==", b"_-8", b"h\xc3\xa9\xe2\x82\xac",
               b"\xf0\x9f\x98\x80 and eight bytes of ascii", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
               b"\xc0\x80", b"\xe0\x80\x80", b"  \t trim \t", b"a,b,,c"]
    return [bytes([n * 5]) + sample for n, sample in enumerate(samples)]


def forwarded():
    return [b"198.51.100.1, 10.0.0.1", b"[2001:db8::1]:80, 127.0.0.1", b"unknown, 10.1.2.3:99",
            b"for=192.0.2.60;proto=http;by=203.0.113.43", b'for="[2001:db8:cafe::17]:4711"',
            b'for=_hidden, FOR = "10.0.0.1"', b'for="a,b', b"10.0.0.0/8", b"fd00::/8", b"loopback",
            b"uniquelocal", b"::ffff:10.0.0.1", b"1.2.3.4/33", b"", b", ,"]


def handshake():
    upgrade = (b"upgrade: websocket\nconnection: Upgrade\nsec-websocket-version: 13\n"
               b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\n")
    samples = [
        b"GET\nEIO=4&transport=polling\norigin: http://www.example.com\n",
        b"GET\nEIO=3&transport=websocket&sid=abc\n" + upgrade,
        b"GET\nEIO=4&transport=websocket\n" + upgrade + b"sec-websocket-protocol: a, b\n"
        b"sec-websocket-extensions: permessage-deflate; client_max_window_bits; "
        b"server_max_window_bits=10, x-other; a=\"b\"\n",
        b"OPTIONS\n\norigin: http://a.example\naccess-control-request-method: PUT\n"
        b"access-control-request-headers: x-a, x-b\n",
        b"POST\ntransport=polling\naccept-encoding: gzip;q=0.5, deflate, *;q=0\n",
        b"GET\ntransport=x\n", b"GET\nEIO=4&transport=polling\norigin: \x7f\n"]
    return [bytes([flags]) + sample for sample in samples for flags in (0, 13, 126)]


def server():
    """Scripts of server.cpp."""
    def step(what, wire, *parts):
        return bytes([what | wire << 4]) + b"".join(parts)

    def sized(data):
        return bytes([len(data)]) + data

    def request(wire, form, owner=0, body=None, old=False):
        head = bytes([form | owner << 4 | (128 if old else 0)])
        return step(6, wire, head, b"" if body is None else sized(body))

    def say(wire, packet):
        return step(9, wire, sized(packet))

    def event(wire, text):
        return step(13, wire, sized(text))

    def binary(wire, data):
        return step(10, wire, sized(data))

    def wait(how_much):
        return step(4, 0, bytes([how_much]))

    def read(wire):
        return step(3, wire, bytes([17]))
    enter = request(0, 3) + say(0, b"40") + request(1, 3) + say(1, b"40")
    poll = request(2, 0) + read(2)
    scripts = [
        enter + event(0, b'["join","r"]') + event(1, b'1["say","r",{"a":1}]') + read(0),
        enter + event(0, b'["relay",[1,"x"]]') + event(0, b'2["ask"]') + read(0) +
        event(0, b'3["later",3000]') + wait(3) + say(0, b'430[1]') + wait(3) + step(1, 0),
        poll + request(2, 2, 2, b"40") + request(2, 1, 2) + request(2, 2, 2, b'420["ask"]') +
        request(2, 1, 2) + request(3, 4, 2) + say(3, b"2probe") + request(2, 1, 2) +
        say(3, b"5") + event(3, b'["flood",900]') + read(3) + wait(5),
        request(0, 5) + say(0, b"40/admin,{\"token\":\"t\"}") + wait(1) +
        say(0, b'42/admin,["all","aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]') + wait(6) + say(0, b"3"),
        enter + say(0, b'451-["echo",{"_placeholder":true,"num":0}]') + binary(0, b"abc") +
        say(0, b"40/room-1,") + say(0, b'42/room-1,1["bye",true]') + event(1, b'["secret"]') +
        event(1, b'["fail"]') + say(1, b"41"),
        request(0, 0, old=True) + request(0, 2, 0, b'5:40/a,', old=True) +
        request(0, 1, 0, old=True) + request(1, 3, old=True) + say(1, b"2") + wait(5),
        poll + request(2, 6, 2, b'42["echo"]') + request(0, 1, 2) + request(1, 1, 2) + wait(7),
        step(5, 0, sized(b"GET / HT")) + step(5, 0, sized(b"TP/1.1\r\nHost: h\r\n\r\n")) +
        request(1, 7, 0, b"x" * 200) + step(2, 1) + wait(6) + step(0, 3, b"\x01") +
        request(3, 3) + say(3, b"40") + event(3, b'["flood",60000]') * 5 + wait(7),
        enter + step(11, 0, sized(b'["echo",1]'), sized(b'5["echo",2]'), b"\x09") + read(0) +
        step(8, 0, b"\x88", sized(b"\x03\xe8bye")) + step(12, 1, b"\xff") + wait(6),
        request(0, 3) + binary(0, b"\x82\xa4type\x00\xa3nsp\xa1/") +
        binary(0, b"\x84\xa4type\x02\xa3nsp\xa1/\xa4data\x92\xa4echo\x01\xa2id\x05"),
    ]
    return [bytes([flags]) + script for script in scripts for flags in (0, 1, 6, 12, 28, 32)]


def lines(*texts):
    return [b"\n".join(text.encode() for text in texts)]


def auth():
    return [b"\x00s:id.sig", b"\x11user-1",
            b"\x40eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.x"]


def envelope():
    return literals("tests/unit/apps/envelope.cpp") + [
        b'{"type":"a","payload":{"b":1},"timestamp":1.5,"messageId":"m","priority":4}',
        b'{"type":"a","d":[1],"request_id":"r"}', b'{"type":""}', b"[]",
        b'{"type":"a","priority":9}']


def casys():
    return lines('{"type":"start"}', '{"type":"choice","choice":{"choice_text":"two"}}',
                 '{"type":"choice","choice":{"choice_id":"2"}}', '{"type":"roll","dice":"d6"}',
                 '{"type":"choice","choice":{"choice_text":"jump"}}', '{"type":"end"}') + \
        lines('{"type":"start","game_id":"g","session_id":"s","section_number":3}',
              '{"type":"choice","choice":{"game_id":"g","choice_text":"on"}}',
              '{"type":"choice","choice":{"game_id":"g","choice_text":"unlock"}}',
              '{"type":"ping","timestamp":1}', '{"type":"end","game_id":"g"}') + \
        [b'{"title":"T","character":{"name":"N","endurance":5,"chance":7,"skill":5,"items":[],'
         b'"capacity":2,"gold":1},"sections":[{"number":1,"content":"a","choices":[{"text":"x",'
         b'"test":{"dice":"combat","against":9,"success":2,"failure":3,"wound":1}}]},'
         b'{"number":2,"content":"b","gives":["k"],"choices":[{"text":"y","to":3,"needs":["k"]}]},'
         b'{"number":3,"content":"c","choices":[]}]}']


def dungeonlab():
    found = [b"2d6+3\n[]", b"d20\n", b"100d1000-1000\n", b'{"a":[1,2]}\n[{"op":"move",'
             b'"from":"/a/0","path":"/b"},{"op":"copy","from":"/a","path":"/a/-"},'
             b'{"op":"test","path":"/b","value":1},{"op":"replace","path":"","value":{"x~/y":1}}]']
    texts = literals("tests/unit/apps/json_patch.cpp")
    found += [a + b"\n" + b for a, b in zip(texts, texts[1:])]
    return found + \
        lines('{"type":"join","sessionId":"a"}', '{"type":"join","who":2,"sessionId":"a"}',
              '{"who":1,"sessionId":"a","message":"hi","metadata":{"sender":1}}',
              '{"content":"hello","map":1}', '{"type":"ban","who":2}', '{"type":"leave"}',
              '{"type":"join","who":3,"sessionId":"b"}', '{"type":"gone","who":0}') + \
        lines('{"type":"join","sessionId":"a"}', '{"type":"move","x":1.5,"y":-2}',
              '{"type":"roll-dice","formula":"2d6"}', '{"dice":[{"sides":6,"quantity":2}]}',
              '{"documentType":"actor","limit":3,"offset":1,"name":"r"}',
              '{"name":"R","documentType":"actor","pluginId":"p","pluginDocumentType":"c",'
              '"pluginData":{"hp":1}}', '{"type":"end","sessionId":"a"}')


SERVER = "00000000-0000-0000-0000-000000000000"
ROOM, ANA, BEN, AGENT = ("00000000-0000-4000-8000-00000000000" + end for end in "1bca")


def eliza():
    return lines("Hello", "I'm sad about my mother.", "my dog is ill, you know",
                 "2026-01-31T12:00:00Z", "why? because I dream", "yes", "everybody hates me",
                 "12345") + \
        lines("h\u00e9llo w\u00f6rld!", "", "...", "am i you are me my your", "sorry computer") + \
        lines('{"type":"join","new":1,"roomId":"%s","entityId":"%s"}' % (ROOM, ANA),
              '{"channelId":"%s","serverId":"%s","senderId":"%s","message":"hi",'
              '"metadata":{"channelType":"GROUP"},"messageId":"m1"}' % (ROOM, SERVER, ANA),
              '{"who":1,"text":"hello","roomId":"%s","userId":"%s","name":"B"}' % (ROOM, BEN),
              '{"type":"world","channelId":"%s"}' % ROOM, '{"type":"world"}',
              '{"type":"page","channelId":"%s","limit":2,"before":2000}' % ROOM,
              '{"type":"change","channelId":"%s","name":"N","metadata":{"a":1},'
              '"participants":["%s"]}' % (ROOM, BEN), '{"type":"clear","channelId":"%s"}' % ROOM,
              '{"type":"sweep"}', '{"type":"remove","channelId":"%s"}' % ROOM) + \
        lines(*('{"type":"join","new":1,"roomId":"%s%d","entityId":"%s","agentId":"%s"}'
                % (ROOM[:-1], n, ANA, AGENT) for n in range(2, 8)),
              '{"payload":{"channelId":"%s","serverId":"%s","senderId":"%s","message":"",'
              '"attachments":[{"id":"a"}],"targetUserId":"%s"}}' % (ROOM, SERVER, ANA, BEN))


def fuse():
    return lines('{"type":"joinRoom","payload":{"roomId":"r"}}',
                 '{"type":"joinRoom","who":2,"payload":{"roomId":"r"}}',
                 '{"type":"say","messageId":"m","payload":{"roomId":"r","content":"hi",'
                 '"metadata":{"type":"file"}}}', '{"type":"leaveRoom","payload":{"roomId":"r"}}',
                 '{"type":"gone","who":2}') + \
        lines('{"type":"createTask","payload":{"title":"t","priority":1,"assigneeId":"u2"}}',
              '{"type":"u","who":2,"payload":{"taskId":"t1","status":"done","progress":50.5}}',
              '{"type":"u","payload":{"taskId":"t1","metadata":{"roomId":"r"}}}')


def kaiku():
    return lines('{"type":"guild","name":"mine"}', '{"type":"invite","expires_in":"1h"}',
                 '{"guild":"g","name":"new","channel_type":"text","topic":"t"}',
                 '{"type":"edit","channel":"t","content":"hello","new":"there"}',
                 '{"who":1,"channel":"t","content":"hi"}', '{"status":"busy"}', '{"type":"come"}',
                 '{"type":"activity","activity":{"type":"game","name":"chess","started_at":"x"}}',
                 '{"username":"ana"}', '{"who":1,"username":"gm"}', '{"type":"go"}')


TARGETS = [http, ws_frames, deflate, engine4, engine3, packets, msgpack, json, text, forwarded,
           handshake, server, auth, envelope, casys, dungeonlab, eliza, fuse, kaiku]


def main():
    for target in TARGETS:
        folder = os.path.join(sys.argv[1], target.__name__)
        os.makedirs(folder, exist_ok=True)
        for number, sample in enumerate(dict.fromkeys(target())):
            with open(os.path.join(folder, f"seed-{number:03}"), "wb") as out:
                out.write(sample)


if __name__ == "__main__":
    main()
