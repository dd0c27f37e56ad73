// expect: this function can't be a coroutine, what it is given dies with the call
#include "socketio/connection.hpp"
#include "socketio/task.hpp"

void listens(socketio::Connection connection) {
    connection.on_close(
        [](engineio::CloseReason, std::string_view) -> socketio::Task<> { co_return; });
}
