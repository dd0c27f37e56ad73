#pragma once

// Every target by its name, which is that of its folder in corpus/ as well.

#include "tests/fuzz/fuzz.hpp"

namespace fuzz {

void http(Bytes input);
void ws_frames(Bytes input);
void deflate(Bytes input);
void engine4(Bytes input);
void engine3(Bytes input);
void packets(Bytes input);
void msgpack(Bytes input);
void json(Bytes input);
void text(Bytes input);
void forwarded(Bytes input);
void handshake(Bytes input);
void auth(Bytes input);
void envelope(Bytes input);
void casys(Bytes input);
void dungeonlab(Bytes input);
void eliza(Bytes input);
void fuse(Bytes input);
void kaiku(Bytes input);
void server(Bytes input);

}  // namespace fuzz
