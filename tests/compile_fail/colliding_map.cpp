// expect: a client can choose keys that collide under std::hash: use std::map or std::set, or an
#include "socketio/handler.hpp"

#include <string>
#include <unordered_map>

auto const handler = socketio::make_handler([](std::unordered_map<std::string, int>) {});
