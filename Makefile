all:
	@echo
