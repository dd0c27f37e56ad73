// The HTTP table: method, path, handler.

#include "apps/fuse/hub.hpp"

namespace apps::fuse {

void routes(common::Rest& rest, Hub& hub, auth::Accounts& accounts) {
    using auth::Accounts;
    rest.post("/api/auth/login", &Accounts::login, &accounts);
    rest.post("/api/auth/register", &Accounts::enroll, &accounts);
    rest.post("/api/auth/refresh", &Accounts::refresh, &accounts);
    rest.post("/api/auth/logout", &Accounts::logout, &accounts);
    rest.get("/api/tasks", &Hub::tasks, &hub);
    rest.post("/api/tasks", &Hub::create_task, &hub);         // taskAssign to the assignee
    rest.put("/api/tasks/:taskId", &Hub::change_task, &hub);  // taskUpdate to all who watch
    rest.get("/api/rooms/:roomId/messages", &Hub::messages, &hub);
    rest.get("/api/health", &Hub::health, &hub);
}

}  // namespace apps::fuse
