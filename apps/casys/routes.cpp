// The HTTP table: method, path, handler.

#include "apps/casys/table.hpp"

namespace apps::casys {

void routes(common::Rest& rest, Table& table) {
    rest.post("/api/game/initialize", &Table::initialize, &table);
    rest.get("/api/game/state", &Table::state, &table);
    rest.post("/api/game/reset", &Table::reset, &table);
    rest.post("/api/game/stop", &Table::stop, &table);
    rest.get("/api/health", &Table::health, static_cast<Table const*>(&table));
    rest.get("/api/utils/dice/:type", &Table::dice, &table);
    rest.post("/api/utils/feedback", &Table::feedback, &table);
}

}  // namespace apps::casys
