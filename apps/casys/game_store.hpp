#pragma once

#include "apps/casys/casys.hpp"
#include "apps/store/store_thread.hpp"

namespace apps::casys {

/// Games in the process's database. Made before the store starts, loads once; then any thread that
/// has the rules' lock.
class SqliteGameStore final : public GameStore {
public:
    static constexpr int max_feedback = 1000;  ///< the oldest goes

    /// The tables must be there. `store` outlives this.
    explicit SqliteGameStore(store::StoreThread& store) : store_(store) {}

    /// Only before the store starts. A row that can't be read is left out.
    std::vector<Game> load() override;
    void save(Game const& game) override;
    void remove(std::string const& game_id) override;
    void feedback(std::string const& text, std::int64_t time) override;

private:
    store::StoreThread& store_;
};

}  // namespace apps::casys
